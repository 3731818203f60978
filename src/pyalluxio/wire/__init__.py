"""The wire: messages, SASL, service tables, status mapping, servers on two engines, client channels."""
