"""Does choosing among K candidates raise the success rate?"""
