"""What does the demo provider consist of? Real charge points and tariffs, and people who are made up."""
