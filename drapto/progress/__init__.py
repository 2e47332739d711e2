"""How long work takes and how far it is: costs learnt on this machine, a schedule, what is left of a run."""
