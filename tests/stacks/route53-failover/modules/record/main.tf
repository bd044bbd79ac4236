variable "zone" { type = object({ id = string, name = string }) }
variable "name" { type = string }
variable "address" { type = string }
variable "role" { type = string }
variable "key" { type = string }
variable "check_id" { type = string }

resource "aws_route53_record" "this" {
  zone_id         = var.zone.id
  name            = "${var.name}.${var.zone.name}"
  type            = "A"
  ttl             = 60
  records         = [var.address]
  set_identifier  = var.key
  health_check_id = var.check_id
  failover_routing_policy { type = var.role }

  lifecycle {
    precondition {
      condition     = can(regex("^Z[A-Z0-9]+$", var.zone.id))
      error_message = "zone.id is not the id of a hosted zone"
    }
  }
}

output "fqdn" { value = aws_route53_record.this.fqdn }
