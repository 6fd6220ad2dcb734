"""The types of the graph, a file per noun, and what is asked for each at the top. They name each other by strings: the graph
has circles."""
