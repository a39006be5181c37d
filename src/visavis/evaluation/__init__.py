"""Measures error rates on a corpus of pictures, with the networks and the code of the server, without a server."""
