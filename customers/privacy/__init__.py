"""What is held about one customer, how is it handed out, and how is it erased?"""
