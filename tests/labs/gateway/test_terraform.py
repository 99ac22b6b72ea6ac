"""Terraform's AWS provider against the real sandbox host: apply, a plan without a difference, destroy.

Runs where `terraform` is on PATH and finds the provider without the network (a filesystem mirror that TF_CLI_CONFIG_FILE
names, or TF_PLUGIN_CACHE_DIR); with SKYLAB_REQUIRE_TERRAFORM it fails where it would be skipped.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.stack

SERVICES = ("cloudwatch", "dynamodb", "ec2", "iam", "lambda", "rds", "s3", "sns", "sqs", "sts")
PROVIDER = """
terraform {{
  required_providers {{ aws = {{ source = "hashicorp/aws" }} }}
}}
provider "aws" {{
  region                      = "us-east-1"
  access_key                  = "{key}"
  secret_key                  = "{secret}"
  s3_use_path_style           = true
  skip_metadata_api_check     = true
  skip_region_validation      = true
  endpoints {{
{endpoints}
  }}
}}
"""
RESOURCES = """
resource "aws_vpc" "main" { cidr_block = "10.20.0.0/16" }
resource "aws_subnet" "a" {
  vpc_id            = aws_vpc.main.id
  cidr_block        = "10.20.1.0/24"
  availability_zone = "us-east-1a"
}
resource "aws_subnet" "b" {
  vpc_id            = aws_vpc.main.id
  cidr_block        = "10.20.2.0/24"
  availability_zone = "us-east-1b"
}
resource "aws_internet_gateway" "main" { vpc_id = aws_vpc.main.id }
resource "aws_route_table" "public" {
  vpc_id = aws_vpc.main.id
  route {
    cidr_block = "0.0.0.0/0"
    gateway_id = aws_internet_gateway.main.id
  }
}
resource "aws_route_table_association" "a" {
  subnet_id      = aws_subnet.a.id
  route_table_id = aws_route_table.public.id
}
resource "aws_security_group" "web" {
  name   = "web"
  vpc_id = aws_vpc.main.id
  ingress {
    from_port   = 443
    to_port     = 443
    protocol    = "tcp"
    cidr_blocks = ["0.0.0.0/0"]
  }
}
resource "aws_s3_bucket" "files" { bucket = "terraform-files" }
resource "aws_s3_bucket_versioning" "files" {
  bucket = aws_s3_bucket.files.id
  versioning_configuration { status = "Enabled" }
}
resource "aws_s3_bucket_public_access_block" "files" {
  bucket                  = aws_s3_bucket.files.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}
resource "aws_db_subnet_group" "main" {
  name       = "main"
  subnet_ids = [aws_subnet.a.id, aws_subnet.b.id]
}
resource "aws_db_instance" "main" {
  identifier           = "main"
  engine               = "postgres"
  instance_class       = "db.t3.micro"
  allocated_storage    = 20
  username             = "staff"
  password             = "not-a-secret-1"
  multi_az             = true
  db_subnet_group_name = aws_db_subnet_group.main.name
  skip_final_snapshot  = true
}
resource "aws_sns_topic" "ops" { name = "ops" }
resource "aws_sqs_queue" "ops" { name = "ops" }
resource "aws_sns_topic_subscription" "ops" {
  topic_arn = aws_sns_topic.ops.arn
  protocol  = "sqs"
  endpoint  = aws_sqs_queue.ops.arn
}
resource "aws_cloudwatch_metric_alarm" "cpu" {
  alarm_name          = "cpu"
  namespace           = "AWS/RDS"
  metric_name         = "CPUUtilization"
  dimensions          = { DBInstanceIdentifier = aws_db_instance.main.identifier }
  statistic           = "Average"
  period              = 300
  evaluation_periods  = 2
  threshold           = 80
  comparison_operator = "GreaterThanThreshold"
  alarm_actions       = [aws_sns_topic.ops.arn]
}
resource "aws_iam_role" "work" {
  name               = "work"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "lambda.amazonaws.com" } }]
  })
}
resource "aws_lambda_function" "work" {
  function_name = "work"
  role          = aws_iam_role.work.arn
  runtime       = "python3.12"
  handler       = "work.main"
  filename      = "work.zip"
}
resource "aws_dynamodb_table" "staff" {
  name         = "staff"
  billing_mode = "PAY_PER_REQUEST"
  hash_key     = "id"
  attribute {
    name = "id"
    type = "S"
  }
}
"""


@pytest.fixture
def terraform(sandbox_host: Any, tmp_path: Path) -> Any:
    """Run terraform in a folder of its own: (words) -> the finished process."""
    program = shutil.which("terraform")
    if program is None:
        missing("terraform is not on PATH")
    ref = sandbox_host.make_sandbox()
    given = sandbox_host.client(ref, "sts")._request_signer._credentials
    endpoints = "\n".join(f'    {name} = "{sandbox_host.base_url}"' for name in SERVICES)
    text = PROVIDER.format(key=given.access_key, secret=given.secret_key, endpoints=endpoints) + RESOURCES
    (tmp_path / "main.tf").write_text(text)
    (tmp_path / "work.py").write_text("def main(event, context):\n    return 1\n")
    shutil.make_archive(str(tmp_path / "work"), "zip", tmp_path, "work.py")

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        environment = {
            **os.environ,
            "CHECKPOINT_DISABLE": "1",
            "TF_IN_AUTOMATION": "1",
            "AWS_EC2_METADATA_DISABLED": "true",
        }
        return subprocess.run(
            [str(program), *words, "-no-color"],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            timeout=600,
        )

    begun = run("init", "-input=false")
    if begun.returncode:
        missing(f"terraform finds no AWS provider without the network: {begun.stderr.strip()[-300:]}")
    return run


def missing(what: str) -> None:
    if os.environ.get("SKYLAB_REQUIRE_TERRAFORM"):
        pytest.fail(what)
    pytest.skip(what)


def test_apply_leaves_nothing_to_plan_and_destroy_leaves_nothing(terraform: Any) -> None:
    applied = terraform("apply", "-auto-approve", "-input=false")
    assert applied.returncode == 0, applied.stderr
    planned = terraform("plan", "-detailed-exitcode", "-input=false")
    assert planned.returncode == 0, planned.stdout  # 2: there is a difference
    destroyed = terraform("destroy", "-auto-approve", "-input=false")
    assert destroyed.returncode == 0, destroyed.stderr
    assert terraform("state", "list").stdout.strip() == ""
