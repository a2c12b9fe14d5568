"""Identity, really served: real store, real mails, the browser and the client played by HTTP alone."""
