"""`make_checkpoint.py <act|diffusion> <folder>`, run by the Python of LeRobot's environment: a
tiny policy with random weights, saved as LeRobot's trainer does, for a UR5e with two cameras."""

import sys
from pathlib import Path

import torch

sys.path.append(str(Path(__file__).resolve().parents[5] / 'src/vla_policy'))

from vla_policy.adapters.lerobot.model import import_torchvision

import_torchvision()

from lerobot.configs.types import FeatureType, PolicyFeature  # noqa: E402
from lerobot.policies.act.configuration_act import ACTConfig  # noqa: E402
from lerobot.policies.diffusion.configuration_diffusion import DiffusionConfig  # noqa: E402
from lerobot.policies.factory import get_policy_class, make_pre_post_processors  # noqa: E402

CAMERAS = ('observation.images.scene', 'observation.images.wrist')
HOME = (0.0, -1.8, 1.8, -1.571, -1.571, 0.0, 0.5)  # rad, and the share of an open gripper
INPUTS = {
    **{name: PolicyFeature(FeatureType.VISUAL, (3, 96, 128)) for name in CAMERAS},
    'observation.state': PolicyFeature(FeatureType.STATE, (7,)),
}
OUTPUTS = {'action': PolicyFeature(FeatureType.ACTION, (7,))}


def config_of(kind):
    shared = {'input_features': INPUTS, 'output_features': OUTPUTS, 'device': 'cpu',
              'push_to_hub': False, 'pretrained_backbone_weights': None}  # fmt: skip
    if kind == 'act':
        return ACTConfig(
            chunk_size=16, n_action_steps=8, dim_model=128, n_heads=4, dim_feedforward=256,
            n_encoder_layers=2, n_vae_encoder_layers=1, latent_dim=8, **shared,
        )  # fmt: skip
    return DiffusionConfig(
        n_obs_steps=2, horizon=16, n_action_steps=8, down_dims=(64, 128, 256),
        crop_shape=(84, 112), noise_scheduler_type='DDIM', num_inference_steps=10, **shared,
    )  # fmt: skip


def statistics():
    home, spread = torch.tensor(HOME), torch.full((7,), 0.05)
    vector = {'mean': home, 'std': spread, 'min': home - 3 * spread, 'max': home + 3 * spread}
    ones = torch.ones(3, 1, 1)
    picture = {'mean': 0.5 * ones, 'std': 0.25 * ones, 'min': 0.0 * ones, 'max': ones}
    return {**dict.fromkeys(CAMERAS, picture), 'observation.state': vector, 'action': vector}


def main():
    kind, folder = sys.argv[1:]
    torch.manual_seed(0)
    config = config_of(kind)
    policy = get_policy_class(kind)(config)
    policy.save_pretrained(folder)
    for processor in make_pre_post_processors(config, dataset_stats=statistics()):
        processor.save_pretrained(folder)


main()
