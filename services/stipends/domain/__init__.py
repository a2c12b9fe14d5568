"""The rules of paying mentees, by noun: schedule, policy, ledger, stipend, installment, claim, payee, payment."""
