"""Does the shield keep random targets within limits and away from contact?"""
