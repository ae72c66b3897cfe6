"""One file a format; `attention_core.files.registry` finds them by themselves."""
