"""An emulated AWS account that stacks can be deployed to: moto, extended.

The account runs in its own process, with an endpoint on loopback. In addition to moto, it
authorizes every call of a role as AWS does, delivers events under the resource policies of their
targets, polls queues for functions, and runs functions from their deployed packages.
"""
