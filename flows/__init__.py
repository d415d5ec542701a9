"""The engine of Paceful: values in, values out, and nothing of the outside world."""
