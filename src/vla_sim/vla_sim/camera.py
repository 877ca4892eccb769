"""RGB-D images of the simulated cameras, one render pass each."""

from __future__ import annotations

import os
from typing import Any

import mujoco
import numpy as np

from vla_core.records.sensing import RgbdFrame
from vla_core.robot.config import RobotConfig
from vla_sim.scenes.scene_model import FAR, NEAR

NOISE_SIZE = 1 << 18  # samples drawn once, more for larger images; each starts at another offset


def _gl_context(width: int, height: int) -> Any:
    """Return an offscreen GL context: EGL unless MUJOCO_GL names another."""
    if os.environ.get('MUJOCO_GL', 'egl') == 'egl':
        from mujoco.egl import GLContext

        return GLContext(width, height)
    return mujoco.GLContext(width, height)


class Renderer:
    """Offscreen rendering; call `bind` first. The GL context, 0.3 s to create, is kept."""

    def __init__(self, robot: RobotConfig) -> None:
        self._cameras = {camera.name: camera for camera in robot.cameras}
        self._models = {name: camera.model for name, camera in self._cameras.items()}
        self._gl: Any = None
        self._context: Any = None
        self._option = mujoco.MjvOption()
        self._view = mujoco.MjvCamera()
        self._view.type = mujoco.mjtCamera.mjCAMERA_FIXED
        largest = max(camera.width * camera.height for camera in robot.cameras)
        samples = max(NOISE_SIZE, 2 * largest)
        self._noise = np.random.default_rng(0).standard_normal(samples, dtype=np.float32)

    def bind(self, model: mujoco.MjModel, seed: int) -> None:
        """Set the model to render, and the seed of the depth noise."""
        self._model = model
        self._rng = np.random.default_rng(seed)
        if self._gl is None:
            buffer = model.vis.global_
            self._gl = _gl_context(buffer.offwidth, buffer.offheight)
        self._gl.make_current()
        if self._context is not None:
            self._context.free()
        self._context = mujoco.MjrContext(model, mujoco.mjtFontScale.mjFONTSCALE_50.value)
        mujoco.mjr_setBuffer(mujoco.mjtFramebuffer.mjFB_OFFSCREEN.value, self._context)
        self._context.readDepthMap = mujoco.mjtDepthMap.mjDEPTH_ZEROFAR
        self._scene = mujoco.MjvScene(model, maxgeom=400)

    def render(self, data: mujoco.MjData, name: str, stamp: float, noise: float) -> RgbdFrame:
        """Return the image of camera `name`; `noise` is the depth's sigma in m at 1 m."""
        camera = self._cameras[name]
        rect = mujoco.MjrRect(0, 0, camera.width, camera.height)
        rgb = np.empty((camera.height, camera.width, 3), np.uint8)
        raw = np.empty((camera.height, camera.width), np.float32)
        self._view.fixedcamid = self._model.camera(name).id
        self._gl.make_current()
        mujoco.mjv_updateScene(
            self._model,
            data,
            self._option,
            None,
            self._view,
            mujoco.mjtCatBit.mjCAT_ALL.value,
            self._scene,
        )
        mujoco.mjr_render(rect, self._scene, self._context)
        mujoco.mjr_readPixels(rgb, raw, rect, self._context)
        depth = metres(raw[::-1])
        if noise > 0.0:
            depth += self._sample(depth.shape) * (noise * depth * depth)
        return RgbdFrame(name, stamp, self._models[name], np.ascontiguousarray(rgb[::-1]), depth)

    def _sample(self, shape: tuple[int, int]) -> np.ndarray:
        count = shape[0] * shape[1]
        start = int(self._rng.integers(len(self._noise) - count))
        return self._noise[start : start + count].reshape(shape)

    def close(self) -> None:
        """Free the GL context."""
        if self._gl is not None:
            self._gl.make_current()
            self._context.free()
            self._gl.free()
            self._gl = self._context = None


def metres(raw: np.ndarray) -> np.ndarray:
    """Return depth along the optical axis in m from a reversed depth buffer; 0 beyond FAR."""
    # reversed z in [0, 1]: raw = (n f / z - n) / (f - n)
    depth = (NEAR * FAR) / (raw * np.float32(FAR - NEAR) + np.float32(NEAR))
    depth[depth > 0.98 * FAR] = 0.0
    return depth.astype(np.float32, copy=False)
