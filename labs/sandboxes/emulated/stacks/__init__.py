"""CloudFormation stacks: read, made in order, changed, undone. https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/"""
