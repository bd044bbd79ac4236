"""An emulated AWS account that stacks can be deployed to: moto, and what moto leaves out.

The account is a process of its own with an endpoint on loopback. Beside what moto answers it
decides every request of a role as AWS would, delivers events under the permissions of their
targets, polls queues for functions and runs these from their deployed packages.
"""
