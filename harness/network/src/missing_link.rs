//! What keeps an instance from AWS, in words.

/// What else could lead to AWS where an internet gateway does not.
pub const OTHER_WAYS: &str = "a NAT gateway, or interface endpoints for `ssm`, `ssmmessages` and `ec2messages`";

/// What keeps an instance from AWS.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MissingLink {
    /// No route of the subnet's table leads to an internet gateway.
    Route {
        /// The table.
        table: String,
    },
    /// The gateway that the route leads to is not attached: the route is a black hole.
    Attachment {
        /// The internet gateway.
        gateway: String,
        /// The VPC that it would have to be attached to.
        vpc: String,
    },
    /// The NAT gateway that the route leads to is no way out.
    NatGateway {
        /// Its id.
        gateway: String,
    },
    /// The instance that the route leads to is no way out.
    NatInstance {
        /// Its network interface.
        interface: String,
    },
    /// The instance has no public IPv4 address, and an internet gateway carries no other.
    PublicAddress {
        /// The subnet, whose `MapPublicIpOnLaunch` decides at a launch.
        subnet: String,
    },
    /// No security group lets TCP port 443 out.
    Egress {
        /// The groups.
        groups: Vec<String>,
    },
    /// The network ACL of the subnet lets no TCP port 443 out.
    AclOut {
        /// The network ACL.
        acl: String,
    },
    /// The network ACL of the subnet does not let answers in, which come to ephemeral ports.
    AclIn {
        /// The network ACL.
        acl: String,
    },
    /// The network ACL of the NAT gateway's subnet does not let traffic through both ways.
    NatAcl {
        /// The NAT gateway.
        gateway: String,
        /// The network ACL.
        acl: String,
    },
    /// Services have no endpoint, where others have one.
    Endpoint {
        /// The services.
        services: Vec<String>,
    },
    /// An endpoint's security groups do not let the instance in.
    EndpointIngress {
        /// The endpoint.
        endpoint: String,
        /// Its groups.
        groups: Vec<String>,
    },
    /// The network ACL of an endpoint's subnet does not let traffic through both ways.
    EndpointAcl {
        /// The endpoint.
        endpoint: String,
        /// The network ACL.
        acl: String,
    },
    /// An endpoint has no interface in any subnet.
    EndpointSubnet {
        /// The endpoint.
        endpoint: String,
    },
    /// The VPC's DNS server does not answer.
    Dns {
        /// The VPC.
        vpc: String,
    },
}

impl MissingLink {
    /// What the instance has not, to follow "has". `name` says how a resource is called.
    pub fn lack(&self, name: impl Fn(&str) -> String) -> String {
        match self {
            Self::Route { table } => format!("no route to an internet gateway (route table {})", name(table)),
            Self::Attachment { gateway, vpc } => {
                format!("a route to internet gateway {}, which is not attached to VPC {}", name(gateway), name(vpc))
            }
            Self::NatGateway { gateway } => {
                format!(
                    "a route to NAT gateway {}, which is private or in a subnet without a route to an internet gateway",
                    name(gateway)
                )
            }
            Self::NatInstance { interface } => format!(
                "a route to the instance of network interface {}, which does not run, checks source and destination, lets no HTTPS \
                 through, or is not reached from the internet itself",
                name(interface)
            ),
            Self::PublicAddress { .. } => "no public IPv4 address".to_owned(),
            Self::Egress { groups } => {
                let groups: Vec<String> = groups.iter().map(|group| name(group)).collect();
                format!("no egress rule for TCP port 443 (security group {})", groups.join(", "))
            }
            Self::AclOut { acl } => format!("no way out for TCP port 443 (network ACL {})", name(acl)),
            Self::AclIn { acl } => {
                format!("no way in for answers, which come to the TCP ports 32768 to 60999 (network ACL {})", name(acl))
            }
            Self::NatAcl { gateway, acl } => format!(
                "a route to NAT gateway {}, whose subnet lets HTTPS through in one way at most (network ACL {})",
                name(gateway),
                name(acl)
            ),
            Self::Endpoint { services } => format!("no endpoint for `{}`", services.join("` and `")),
            Self::EndpointIngress { endpoint, groups } => {
                let groups: Vec<String> = groups.iter().map(|group| name(group)).collect();
                format!(
                    "an endpoint {} that does not let it in on TCP port 443 (security group {})",
                    name(endpoint),
                    groups.join(", ")
                )
            }
            Self::EndpointAcl { endpoint, acl } => {
                format!(
                    "an endpoint {} whose subnet lets HTTPS through in one way at most (network ACL {})",
                    name(endpoint),
                    name(acl)
                )
            }
            Self::EndpointSubnet { endpoint } => format!("an endpoint {} that is in no subnet", name(endpoint)),
            Self::Dns { vpc } => format!("no DNS server (`EnableDnsSupport` of VPC {} is false)", name(vpc)),
        }
    }

    /// What to do about it, to follow "add".
    pub fn remedy(&self) -> &'static str {
        match self {
            Self::Route { .. } => "a route for 0.0.0.0/0 to an internet gateway",
            Self::Attachment { .. } => "a VPCGatewayAttachment",
            Self::NatGateway { .. } => "a public NAT gateway in a subnet with a route for 0.0.0.0/0 to an internet gateway",
            Self::NatInstance { .. } => {
                "a running instance with `SourceDestCheck: false`, a public address and a route to an internet gateway there"
            }
            Self::PublicAddress { .. } => {
                "a public address (`MapPublicIpOnLaunch`, `AssociatePublicIpAddress` or an Elastic IP address)"
            }
            Self::Egress { .. } => "an egress rule for TCP port 443",
            Self::AclOut { .. } => "an egress entry for TCP port 443 to the network ACL",
            Self::AclIn { .. } => "an ingress entry for the TCP ports 1024 to 65535 to the network ACL",
            Self::NatAcl { .. } | Self::EndpointAcl { .. } => {
                "entries for TCP port 443 and the ports 1024 to 65535 to that network ACL"
            }
            Self::Endpoint { services } if services.iter().all(|service| service == "s3") => {
                "a gateway endpoint for it with the subnet's route table"
            }
            Self::Endpoint { .. } => "an interface endpoint with private DNS names for it",
            Self::EndpointIngress { .. } => "an ingress rule for TCP port 443 to the endpoint's security group",
            Self::EndpointSubnet { .. } => "a subnet to the endpoint",
            Self::Dns { .. } => "`EnableDnsSupport: true`",
        }
    }

    /// Whether [`OTHER_WAYS`] would do in its place.
    pub fn has_other_ways(&self) -> bool {
        matches!(
            self,
            Self::Route { .. }
                | Self::Attachment { .. }
                | Self::NatGateway { .. }
                | Self::NatInstance { .. }
                | Self::PublicAddress { .. }
        )
    }
}
