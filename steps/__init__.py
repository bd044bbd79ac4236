"""Step definitions of the features, one module for each subject; pytest loads every module."""
