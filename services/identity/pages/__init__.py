"""The pages a person uses: sign up, confirm the address, sign in, one's account. No script, nothing from elsewhere."""
