data "aws_iam_policy_document" "tasks" {
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "Service"
      identifiers = ["ecs-tasks.amazonaws.com"]
    }
    condition {
      test     = "ArnLike"
      variable = "aws:SourceArn"
      values   = ["arn:aws:ecs:${data.aws_region.current.name}:${local.account}:*"]
    }
  }
}

data "aws_iam_policy_document" "execution" {
  statement {
    actions   = ["logs:CreateLogStream", "logs:PutLogEvents"]
    resources = [for group in aws_cloudwatch_log_group.service : "${group.arn}:*"]
  }
}

resource "aws_iam_role" "execution" {
  name_prefix        = "${local.name}-exec-"
  assume_role_policy = data.aws_iam_policy_document.tasks.json
}

resource "aws_iam_role_policy" "execution" {
  role   = aws_iam_role.execution.id
  policy = data.aws_iam_policy_document.execution.json
}

resource "aws_ecs_task_definition" "service" {
  for_each                 = local.services
  family                   = "${local.name}-${each.key}"
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = each.value.cpu
  memory                   = each.value.memory
  execution_role_arn       = aws_iam_role.execution.arn
  container_definitions = templatefile("${path.module}/templates/containers.json.tftpl", {
    name      = each.key
    image     = "${local.account}.dkr.ecr.${data.aws_region.current.name}.amazonaws.com/${each.key}:latest"
    port      = each.value.port
    log_group = aws_cloudwatch_log_group.service[each.key].name
    region    = data.aws_region.current.name
    url       = "http://${aws_lb.this.dns_name}"
  })
}

resource "aws_ecs_service" "service" {
  for_each        = local.services
  name            = each.key
  cluster         = aws_ecs_cluster.this.id
  task_definition = aws_ecs_task_definition.service[each.key].arn
  desired_count   = 2
  launch_type     = "FARGATE"

  network_configuration {
    subnets         = values(aws_subnet.public)[*].id
    security_groups = [aws_security_group.lb.id]
  }
  load_balancer {
    target_group_arn = aws_lb_target_group.service[each.key].arn
    container_name   = each.key
    container_port   = each.value.port
  }
  depends_on = [aws_lb_listener.http, aws_lb_listener_rule.api]
}

resource "aws_appautoscaling_target" "service" {
  for_each           = local.services
  min_capacity       = 2
  max_capacity       = 6
  service_namespace  = "ecs"
  scalable_dimension = "ecs:service:DesiredCount"
  resource_id        = "service/${element(split("/", aws_ecs_cluster.this.arn), 1)}/${aws_ecs_service.service[each.key].name}"
}

resource "aws_cloudwatch_metric_alarm" "errors" {
  alarm_name          = "${local.name}-5xx"
  namespace           = "AWS/ApplicationELB"
  metric_name         = "HTTPCode_ELB_5XX_Count"
  statistic           = "Sum"
  period              = 60
  evaluation_periods  = 3
  threshold           = 10
  comparison_operator = "GreaterThanThreshold"
  dimensions = {
    LoadBalancer = aws_lb.this.arn_suffix
    TargetGroup  = aws_lb_target_group.service["web"].arn_suffix
    Short        = local.lb_dimension
  }
}

resource "aws_cloudwatch_event_rule" "nightly" {
  name                = "${local.name}-nightly"
  schedule_expression = "cron(0 2 * * ? *)"
}

resource "aws_cloudwatch_event_target" "nightly" {
  rule     = aws_cloudwatch_event_rule.nightly.name
  arn      = aws_ecs_cluster.this.id
  role_arn = aws_iam_role.execution.arn
  ecs_target {
    task_definition_arn = aws_ecs_task_definition.service["api"].arn_without_revision
    launch_type         = "FARGATE"
    network_configuration { subnets = [aws_subnet.public[local.azs[0]].id] }
  }
}

check "cluster_region" {
  assert {
    condition     = split(":", aws_ecs_cluster.this.arn)[3] == data.aws_region.current.name
    error_message = "the cluster is in another region"
  }
}
