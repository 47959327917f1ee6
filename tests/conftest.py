"""Property tests run the same examples everywhere, and are never timed: a slow machine is no failure.

To look for new ones: pytest --hypothesis-profile=explore
"""

from hypothesis import settings

settings.register_profile("same", deadline=None, derandomize=True)
settings.register_profile("explore", deadline=None, max_examples=500)
settings.load_profile("same")
