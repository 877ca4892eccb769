"""Images of drivers: encodings, byte order, row padding."""

import numpy as np
import pytest

from vla_ros.convert.fields import BadMessage
from vla_ros.convert.image import depth_from_msg, image_to_msg, rgb_from_msg

NOW = 1_795_000_000.25  # s
RGB = np.arange(2 * 4 * 3, dtype=np.uint8).reshape(2, 4, 3)
ALPHA = np.full((2, 4, 1), 255, np.uint8)
METRES = np.array([[0.0, 0.5], [1.25, 4.0]], np.float32)
COUNTS = (1000 * METRES).astype(np.uint16)


def message(pixels, encoding):
    return image_to_msg(pixels, encoding, NOW, 'lens')


@pytest.mark.parametrize(
    ('encoding', 'pixels'),
    [
        ('rgb8', RGB),
        ('bgr8', RGB[..., ::-1]),
        ('rgba8', np.concatenate([RGB, ALPHA], -1)),
        ('bgra8', np.concatenate([RGB[..., ::-1], ALPHA], -1)),
    ],
)
def test_colour_of_every_order_becomes_rgb(encoding, pixels):
    found = rgb_from_msg(message(pixels, encoding))
    np.testing.assert_array_equal(found, RGB)
    assert found.flags.c_contiguous


def test_a_grey_image_is_the_same_in_every_channel():
    found = rgb_from_msg(message(RGB[..., 0], 'mono8'))
    np.testing.assert_array_equal(found, np.repeat(RGB[..., :1], 3, axis=-1))


@pytest.mark.parametrize(
    ('encoding', 'values'), [('32FC1', METRES), ('16UC1', COUNTS), ('mono16', COUNTS)]
)
@pytest.mark.parametrize('order', ['<', '>'])
def test_depth_of_every_encoding_and_byte_order_is_in_metres(encoding, values, order):
    sent = message(values.astype(values.dtype.newbyteorder(order)), encoding)
    sent.is_bigendian = int(order == '>')
    found = depth_from_msg(sent)
    np.testing.assert_allclose(found, METRES, atol=1e-6)
    assert found.dtype == np.float32


@pytest.mark.parametrize(
    ('encoding', 'values', 'unit'),
    [('16UC1', (10_000 * METRES).astype(np.uint16), 1e-4), ('32FC1', 1000 * METRES, 1e-3)],
)
def test_depth_in_the_unit_of_the_robot_file_is_in_metres(encoding, values, unit):
    np.testing.assert_allclose(depth_from_msg(message(values, encoding), unit), METRES, atol=1e-6)


@pytest.mark.parametrize('padding', [1, 7])
def test_padding_at_the_end_of_a_row_is_left_out(padding):
    def padded(sent):
        rows = np.frombuffer(sent.data, np.uint8).reshape(sent.height, -1)
        sent.step += padding
        sent.data = np.pad(rows, ((0, 0), (0, padding)), constant_values=77).tobytes()
        return sent

    np.testing.assert_array_equal(rgb_from_msg(padded(message(RGB, 'rgb8'))), RGB)
    np.testing.assert_allclose(depth_from_msg(padded(message(METRES, '32FC1'))), METRES)


@pytest.mark.parametrize(
    ('read', 'encoding', 'reason'),
    [
        (rgb_from_msg, 'bayer_rggb8', "colour encoding 'bayer_rggb8'; known: rgb8, .*debayered"),
        (rgb_from_msg, 'yuv422_yuy2', 'pixel format of the driver'),
        (rgb_from_msg, '16UC1', 'colour_topic is a depth topic'),
        (rgb_from_msg, 'jpeg', "encoding 'jpeg'; known: rgb8, bgr8, rgba8, bgra8, mono8$"),
        (depth_from_msg, 'rgb8', 'depth_topic is a colour topic'),
        (depth_from_msg, '64FC1', "depth encoding '64FC1'; known: 32FC1, 16UC1, mono16$"),
    ],
)
def test_an_encoding_that_is_not_read_is_named_with_what_to_change(read, encoding, reason):
    with pytest.raises(BadMessage, match=reason):
        read(message(RGB[..., 0], encoding))


@pytest.mark.parametrize(
    ('change', 'reason'),
    [
        ({'height': 5}, '24 bytes with step 12 do not make 5 rows of 12'),
        ({'step': 0}, 'step 0'),
        ({'step': 11}, 'step 11'),
        ({'step': 6, 'data': bytes(12)}, '12 bytes with step 6'),
        ({'width': 0}, 'the image is empty: 0x2'),
    ],
)
def test_an_image_of_the_wrong_size_is_refused(change, reason):
    sent = message(RGB, 'rgb8')
    for field, value in change.items():
        setattr(sent, field, value)
    with pytest.raises(BadMessage, match=reason):
        rgb_from_msg(sent)
