"""Data, training, failure-detector calibration and evaluation of policies, without ROS."""
