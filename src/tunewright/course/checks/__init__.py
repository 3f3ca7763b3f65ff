"""What is checked in each chapter: a module for each, whose ``CHECKS`` holds a function for each exercise."""
