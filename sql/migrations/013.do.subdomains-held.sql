-- Requests look for dead organizations that still hold the DNS record of a subdomain.
CREATE INDEX organizations_projection_dns_held ON organizations_projection (slug)
  WHERE status IN ('failed', 'deactivated') AND domain IS NOT NULL;
