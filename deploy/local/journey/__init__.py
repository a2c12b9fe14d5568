"""One mentorship from sign-up to the first installment, played through the public HTTP interface alone."""
