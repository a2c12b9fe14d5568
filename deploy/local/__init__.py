"""The whole platform on one machine: mongod, broker and gateway from wheels, mailbox, pretend bank, four services."""
