"""Both clusters on AWS: a Pulumi program that declares what a topology describes."""
