"""Who computes when: the desk for those who wait, jobs for those who come back; and what is
computed apart, with limits, because others made it."""
