"""The server: connections of devices by websocket, OCPP 1.6 and 2.0.1. What it decides and keeps is the domain's."""
