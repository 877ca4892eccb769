"""How large are the jumps between late, lost and reordered chunks?"""
