"""Who computes when: the desk for those who wait, jobs for those who come back."""
