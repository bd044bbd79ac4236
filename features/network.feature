Feature: The pipeline needs no network of its own

  Rule: The pipeline runs without a VPC
    A function reaches S3, DynamoDB, SQS and MediaConvert at their regional endpoints. A VPC would add
    subnets, gateways and routes that cost money, take minutes to build, and can fail.
    Source: https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html

    @REQ-01
    Scenario: No part of a network is built
      Then no resource of these types exists:
        | type                             | what it is                                  |
        | aws_vpc                          | a VPC                                       |
        | aws_vpc_*                        | endpoints, peerings, rules, address pools … |
        | aws_default_vpc*                 | the account's own VPC, taken over           |
        | aws_subnet                       | a subnet                                    |
        | aws_default_subnet               | a subnet of the account's own VPC           |
        | aws_internet_gateway*            | the way to the internet                     |
        | aws_egress_only_internet_gateway | the same for IPv6, outward only             |
        | aws_nat_gateway*                 | address translation                         |
        | aws_vpn_*                        | connections to networks elsewhere           |
        | aws_customer_gateway             | the far end of such a connection            |
        | aws_ec2_transit_gateway*         | a hub of networks                           |
        | aws_eip*                         | public addresses                            |
        | aws_route                        | a route                                     |
        | aws_route_table*                 | route tables                                |
        | aws_main_route_table_association | the VPC's own route table                   |
        | aws_default_route_table          | the same, taken over                        |
        | aws_security_group*              | security groups and their rules             |
        | aws_default_security_group       | the VPC's own security group                |
        | aws_network_acl*                 | network access lists                        |
        | aws_default_network_acl          | the VPC's own access list                   |
        | aws_network_interface*           | network interfaces                          |

    @REQ-01
    Scenario: No function is attached to a VPC
      Then no Lambda function sets vpc_config

    @REQ-01
    Scenario: No function may touch network interfaces
      Given the roles of all Lambda functions
      Then no policy of theirs allows any of these actions:
        | action                               | what for                           |
        | ec2:CreateNetworkInterface           | to enter a VPC                     |
        | ec2:CreateNetworkInterfacePermission | to let another account attach one  |
        | ec2:AttachNetworkInterface           | to attach one                      |
        | ec2:DetachNetworkInterface           | to detach one                      |
        | ec2:DeleteNetworkInterface           | to leave a VPC                     |
        | ec2:ModifyNetworkInterfaceAttribute  | to change one's security groups    |
        | ec2:DescribeNetworkInterfaces        | to find the interfaces there are   |
        | ec2:AssignPrivateIpAddresses         | to give one further addresses      |
        | ec2:UnassignPrivateIpAddresses       | to take them away                  |

    @REQ-01 @sources
    Scenario: The sources show no network either
      Then the custom checks for REQ-01 find nothing
