"""What tells readers that something changed: change tokens and the triggers that write them."""
