"""The pages: functions from a request context to a response."""
