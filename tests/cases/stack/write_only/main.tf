
variable "password" {
  type      = string
  ephemeral = true
  default   = "Sesame-Open-4711"
}
ephemeral "aws_secretsmanager_random_password" "p" {
  password_length = 30
}
resource "aws_secretsmanager_secret" "s" { name = "db" }
resource "aws_secretsmanager_secret_version" "v" {
  secret_id                = aws_secretsmanager_secret.s.id
  secret_string_wo         = var.password
  secret_string_wo_version = 3
}
resource "aws_secretsmanager_secret_version" "w" {
  secret_id                = aws_secretsmanager_secret.s.id
  secret_string_wo         = ephemeral.aws_secretsmanager_random_password.p.random_password
  secret_string_wo_version = 1
}
resource "aws_db_instance" "d" {
  identifier          = "acme"
  engine              = "postgres"
  instance_class      = "db.t4g.micro"
  allocated_storage   = 20
  username            = "acme"
  password_wo         = var.password
  password_wo_version = 1
}
resource "aws_rds_cluster" "without" {
  cluster_identifier          = "acme"
  engine                      = "aurora-postgresql"
  master_username             = "acme"
  manage_master_user_password = true
}
resource "aws_redshift_cluster" "maybe" {
  cluster_identifier         = "acme"
  node_type                  = "ra3.large"
  master_username            = "acme"
  master_password_wo         = length(aws_secretsmanager_secret.s.arn) > 200 ? null : var.password
  master_password_wo_version = 1
}
