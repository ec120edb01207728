"""The client of the resident server: hdrnet_client.py, one file of standard library that hosts carry along."""
