"""Is what the controller sends to the motors what the shield certified?"""
