"""How a reading is shown: which model reads, which attention, as which picture, in which words."""
