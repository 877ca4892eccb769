"""Robot, scene and cameras in MuJoCo behind the topics of the real robot; tasks and faults."""
