"""The durable queue: states, and the verbs that move jobs between them."""
