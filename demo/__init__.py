"""The main job on real input: register ten people, recognise them in other pictures."""
