"""One task from instruction to result: phases, pre-emption, graded response, success."""
