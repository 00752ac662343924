/** Why grants are given that a run of the suite's stacks need not use. */
export interface Reason {
  /** Of roles and policies. */
  readonly grantee: RegExp;
  readonly actions: RegExp;
  readonly because: string;
}

export const REASONS: readonly Reason[] = [
  {
    grantee: /-Machines/,
    actions: /^(xray|logs):/,
    because: 'Step Functions traces and logs with the role of the machine; the local one does neither',
  },
  {
    grantee: /-Functions/,
    actions: /^logs:/,
    because: "Lambda writes a function's log with its role; the local one writes a file",
  },
  {
    grantee: /-Machines/,
    actions: /^states:(Stop|Redrive)Execution$/,
    because: 'only where a machine is stopped or redriven while a child runs: test/local/aws/states/roles.test.ts',
  },
  {
    grantee: /-Machines(nightly|recoverdataloss|recoverwithremedy|removecapture|rollback)/,
    actions: /^(lambda:InvokeFunction|states:(Start|Describe)Execution)$/,
    because: 'the demo takes none of these ways; test/statemachines/ runs the machines, without roles',
  },
  {
    grantee:
      /-Functions(assertrecovered|classifyfailure|closerecovery|escalate|openrecovery|recordfailure|removecapture|requireclean)/,
    actions: /./,
    because: 'called by recoveries and removals only; test/handlers/ calls them, without roles',
  },
  {
    grantee: /-Functions(collectperformance|rankcost)/,
    actions: /^cloudwatch:GetMetricData$/,
    because: 'called by recoveries only; test/handlers/ calls them, without roles',
  },
  {
    grantee: /-Functions/,
    actions: /^rds-data:(Begin|Commit|Rollback)Transaction$/,
    because:
      'a handler gets the source as a whole: with transactions, of which it may need none, and rolls back only after an error',
  },
  {
    grantee: /-Functions/,
    actions: /^dynamodb:(GetItem|Query)$/,
    because: 'a handler gets the control table for reading as a whole; what it writes it declares by kind of record',
  },
  {
    grantee: /-Functions(fencesource|restorecluster|ensuresnapshot|checkgate|returnreads)/,
    actions: /^dynamodb:UpdateItem$/,
    because:
      'a lock is extended only when much of its time is over; gates are put on hold, and recoveries opened, only in trouble',
  },
  {
    grantee:
      /-Functions(relay|sweep|loadsegment|finishload|findmissing|finishverification|planverification|repairmismatches|verifysegment)/,
    actions: /^(dynamodb|s3|cloudwatch|rds-data|secretsmanager):/,
    because:
      'what is read and written depends on what is missing, late or differs: test/races/ and test/handlers/ see each, without roles',
  },
  {
    grantee: /-Functionsmovemode/,
    actions:
      /^(dynamodb:(Describe|Update)TimeToLive|dynamodb:UpdateItem|rds-data:ExecuteStatement|secretsmanager:GetSecretValue)$/,
    because: 'only where rows expire, or sequences become counters, which the reference application has not',
  },
  {
    grantee: /-Functions(acquirelock|returnreads)/,
    actions: /^states:(Describe|Stop)Execution$/,
    because: 'only where another execution holds the lock: test/handlers/control/',
  },
  {
    grantee: /-Functionsdecidegate/,
    actions: /^states:SendTaskFailure$/,
    because: 'a rejection that is told to the machine: test/handlers/gates/',
  },
  {
    grantee: /-Functionsdeletesource/,
    actions: /^rds:(AddTagsToResource|CreateDBClusterSnapshot)$/,
    because: 'RDS asks for them where DeleteDBCluster takes a final snapshot; the local one does not',
  },
  {
    grantee: /-Functions(checktriggerproof|deletesource|detachtrigger)/,
    actions: /^cognito-idp:SetUserPoolMfaConfig$/,
    because: 'only where the pool has second factors: test/adapters/cognito/',
  },
  {
    grantee: /-Functionsremoverestored/,
    actions: /^rds:ModifyDBCluster$/,
    because: 'only where the restored cluster is protected from deletion',
  },
  {
    grantee: /-Functionsimportremainingusers/,
    actions: /^dynamodb:DeleteItem$/,
    because: 'removes the record of a user who could not be imported and now is',
  },
  {
    grantee: /-Functionswatchschema/,
    actions: /^(dynamodb:(Put|Update)Item|states:StartExecution)$/,
    because: 'only where the schema changes: test/handlers/dual-write/ and bench/ddl',
  },
  {
    grantee: /-(viewer|operator|approver)$/,
    actions: /^(cloudwatch|states|dynamodb):/,
    because:
      'pages of the AWS console and commands of `portage` call it, and no test does both with these rights on a stack',
  },
  {
    grantee: /-application$/,
    actions: /^(dynamodb:(GetItem|Query|UpdateItem|BatchGetItem)|s3:ListBucket|rds-data:RollbackTransaction)$/,
    because: 'depends on the patterns of the plan, on conflicts and on absent documents',
  },
];
