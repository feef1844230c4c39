"""Opens up image generators: which units make what, proved by changing them."""
