"""Which action and state pairs do the safety rules deny, and should they?"""
