    WHEN 'sample_task.recorded' THEN
      PERFORM project_sample_task_recorded(e);
      PERFORM project_run_closed(e, 'SampleTaskWorkflow', 'completed');
