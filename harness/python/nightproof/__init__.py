"""A local AWS region and drills of backups, for tests: see docs/python.md."""

from nightproof.drill import Drill, Verdict
from nightproof.program import NightproofError, program
from nightproof.region import Fault, Region

__all__ = ["Drill", "Fault", "NightproofError", "Region", "Verdict", "program"]
