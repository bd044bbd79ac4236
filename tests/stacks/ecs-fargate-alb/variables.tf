variable "environment" {
  type    = string
  default = "prod"
}

variable "services" {
  type = map(object({ port = number, cpu = optional(number, 256), memory = optional(number, 512) }))
  default = {
    web = { port = 8080 }
    api = { port = 9090, cpu = 512, memory = 1024 }
  }
}
