# Lambda's own runtime client for Python, as the managed runtime starts it.
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "package"))

from awslambdaric.__main__ import main

main([sys.argv[0], "function.handler"])
